"""The words of messages and documents: what is shipped, and what two people put in its place."""
