"""The data of the bench: made from a seed, copied into the tables that the migrations create."""
