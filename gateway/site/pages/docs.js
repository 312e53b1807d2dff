// A separate file: the page's Content-Security-Policy allows no inline scripts.
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#routes",
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "list",
  filter: true,
  tryItOutEnabled: true,
  defaultModelsExpandDepth: 0,
  // No validator badge: it would send the document to a server on the internet.
  validatorUrl: null,
  // Scripts cannot set the cookie; signing in with POST /auth/login does.
  plugins: [() => ({ wrapComponents: { authorizeBtn: () => () => null } })],
});
