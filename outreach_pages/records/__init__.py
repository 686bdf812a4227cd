"""The record of informative sessions: what was planned, who came (in counts), what was discussed."""
