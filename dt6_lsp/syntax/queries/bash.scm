((function_definition name: (word) @name body: (_) @body) @definition.test (#is? "name" "______*"))
(function_definition name: (word) @name body: (_) @body) @definition.function
(program (variable_assignment name: (variable_name) @name) @definition.variable)
(program (declaration_command (variable_assignment name: (variable_name) @name)) @definition.variable)

(comment) @comment

(command name: (command_name (word) @reference))

((command name: (command_name (word) @_source) argument: [(word) (string) (concatenation) (raw_string)] @module) @import (#is? "_source" "source . load"))
