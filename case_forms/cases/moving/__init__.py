"""A form that was sent to the wrong case: who proposes and decides that it is moved, and what the wrong case gives up.

The answers themselves and the form's new decision are the business of the room above (`submissions.moving`).
"""
