"""What people say of a session without saying who they are: two short quizzes and four questions, kept as counts."""
