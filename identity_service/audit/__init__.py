"""What happened, in a Merkle log: every act leaves one entry, and nobody can change or drop one unseen."""
