"""The systems on the disks: looked into, judged, adapted.

    raw disks ─► look ─► Guest ─► judge ─► Verdict      what is there, and would EC2 take it
                           └────► adapt ─► Plan ─► write ─► the same disks, changed

`look` and `adapt` read hostile disks: they run in a sandboxed child. `judge` sees values only.
"""
