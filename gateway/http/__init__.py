"""What a request and a response are, whatever becomes of them; imports no other room of the gateway."""
