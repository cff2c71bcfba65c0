(function_declaration name: (_) @name body: (_) @body) @definition.function
(function_declaration name: (_) @name parameters: (_) @end) @definition.function
(assignment_statement (variable_list . name: (_) @name .) (expression_list . value: (function_definition body: (_)? @body) .)) @definition.function
(field name: (identifier) @name value: (function_definition body: (_)? @body)) @definition.function
(chunk (variable_declaration (assignment_statement (variable_list . name: (identifier) @name) (expression_list . value: (function_call name: (identifier) @_require)))) @skip.it (#is? "_require" "require"))
(chunk (variable_declaration (assignment_statement (variable_list name: (identifier) @name))) @definition.variable)
(chunk (assignment_statement (variable_list name: (_) @name)) @definition.variable)

(comment) @comment

(function_call name: [
  (identifier) @reference
  (dot_index_expression field: (identifier) @reference)
  (method_index_expression method: (identifier) @reference)
])

((function_call name: (identifier) @_require arguments: (arguments (string content: (string_content) @module))) @import (#is? "_require" "require dofile loadfile"))
