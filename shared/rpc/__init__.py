"""HTTP calls between programs: endpoints, load balancing, retries."""
