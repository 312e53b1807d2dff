"""Upload, serving, recropping, AVIF encoding and deletion of pictures."""
