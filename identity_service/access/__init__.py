"""Who is calling and what they may do: machine clients, wallet sign-in, access tokens and grants to see names."""
