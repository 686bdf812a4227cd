"""Keys of this service's own values in a session."""

ROW = "access.session"  # primary key of its StaffSession
FACTOR = "access.factor"  # primary key of the user who gave a second factor in this session
INVITED = "access.invited"  # an invitation that was used in this session: {"user", "at"}
TYPED = "access.typed"  # what was sent while locked, sealed (`access.sessions.typed`)
