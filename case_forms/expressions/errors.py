"""What can go wrong with an expression."""


class LogicError(Exception):
    """An expression that isn't in the language, or that would take too long.

    `code` is one of: not_json, not_an_expression, unknown_operator, bad_arguments, bad_pattern, too_deep,
    too_large, too_many_steps.
    The text names operators and limits only, never a value from the answers.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
