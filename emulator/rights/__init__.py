"""What the session of a role may do: asked before an action, of whatever service, is begun.

    action, request ─► what is asked for ─► state.callers ─► done, or refused in the service's words
                       action on resource

Who asks without a role is the root of an account and may do anything in it. S3 asks by itself,
since buckets and objects have a say in it, and KMS does so where a request names a key.
"""
