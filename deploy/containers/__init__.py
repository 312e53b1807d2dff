"""What containers need beside their images: secrets before the first start, a database brought up to date at each."""
