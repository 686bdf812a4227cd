"""Anonymous feedback on a session: two short quizzes and four questions, stored as counts."""
