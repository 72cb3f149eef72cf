"""What holds an order back, and what lets it go on: holds, gates, approvals, roles, deadlines.

None of it moves a unit or an amount, and none of it is a status. A hold is one of a set, blocks
named commands and changes nothing else. A gate names the evidence that a command needs. The role
matrix says who may send what. All of it is asked in one place, :mod:`.gates`, after the command's
own decider has answered; what releases itself is carried on in one place, :mod:`.follow`.
"""
