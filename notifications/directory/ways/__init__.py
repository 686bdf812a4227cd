"""The ways to a contact beside e-mail: a number for SMS or a call, a phone's push subscription, a system's webhook."""
