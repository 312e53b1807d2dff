"""The programs Bunko is compared with, installed and started here."""
