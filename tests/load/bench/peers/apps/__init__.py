"""Programs written for the bench as their users would write them; they run in an environment of their own."""
