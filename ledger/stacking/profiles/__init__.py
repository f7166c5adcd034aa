"""What frameworks and recommendations ask of the description of a micro-credential, checked rule by rule.

Pure: a document goes in, findings come out, nothing is fetched or judged beyond what the document says.
"""
