"""Pictures: uploading, serving, cropping again, AVIF, deleting."""
