"""The data of the bench: made from a seed, copied straight into the tables that the migrations create."""
