"""How AWS spells things on the wire: five protocols, read and written along botocore's models.

    request ─► models.operation_model ─► query.parse         ec2, query  (a flat form)
               rest.match ─────────────► rest.parse          rest-xml, rest-json
               models.operation_model ─► json_rpc.parse      json
    answer  ◄─ answers.serialize, answers.serialize_error    all five

Values cross this border as plain dictionaries in the members' names (`emulator.shapes` types
them); bytes that stream cross it as `streams.RequestBody` and `streams.FileBody`. What is wrong
with a request before any action has seen it is raised from `faults`.
"""
