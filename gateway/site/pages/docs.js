// A file of its own, as the page allows no inline scripts.
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#routes",
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "list",
  filter: true,
  tryItOutEnabled: true,
  defaultModelsExpandDepth: 0,
  // The usual one asks a server on the internet.
  validatorUrl: null,
  // No page can set the cookie by hand; signing in through POST /auth/login sets it.
  plugins: [() => ({ wrapComponents: { authorizeBtn: () => () => null } })],
});
