(class_declaration name: (identifier) @name body: (_) @body) @definition.class
(field_definition property: [(property_identifier) (private_property_identifier)] @name value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @definition.method
(field_definition property: [(property_identifier) (private_property_identifier)] @name) @definition.field
(class_heritage [(identifier) @reference (member_expression property: (property_identifier) @reference)])
(function_declaration name: (identifier) @name body: (_) @body) @definition.function
(generator_function_declaration name: (identifier) @name body: (_) @body) @definition.function
(method_definition name: [(property_identifier) (private_property_identifier) (string)] @name body: (_) @body) @definition.method

(variable_declarator name: (identifier) @name value: [(arrow_function body: (_) @body) (function_expression body: (_) @body) (generator_function body: (_) @body)]) @definition.function
(variable_declarator name: (identifier) @name value: (call_expression arguments: (arguments . [(arrow_function body: (_) @body) (function_expression body: (_) @body)]))) @definition.function
(variable_declarator name: (identifier) @name value: (class body: (_) @body)) @definition.class
(variable_declarator name: (identifier) @name value: (call_expression function: (identifier) @_require) (#is? "_require" "require")) @skip.it
(program (lexical_declaration (variable_declarator name: (identifier) @name) @definition.variable))
(program (variable_declaration (variable_declarator name: (identifier) @name) @definition.variable))
(export_statement declaration: (lexical_declaration (variable_declarator name: (identifier) @name) @definition.variable))

(expression_statement (assignment_expression left: (member_expression object: (_) @container property: [(property_identifier) (private_property_identifier)] @name) right: [(arrow_function body: (_) @body) (function_expression body: (_) @body) (generator_function body: (_) @body) (class body: (_) @body)])) @definition.function
(expression_statement (assignment_expression left: (identifier) @name right: [(arrow_function body: (_) @body) (function_expression body: (_) @body)])) @definition.function
(pair key: [(property_identifier) (string)] @name value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @definition.method
(export_statement "default" @name value: [(arrow_function body: (_) @body) (function_expression body: (_) @body) (class body: (_) @body) (object) (call_expression)]) @definition.function

(comment) @comment
(decorator) @prefix

(call_expression function: [(identifier) @reference (member_expression property: [(property_identifier) (private_property_identifier)] @reference)])
(new_expression constructor: [(identifier) @reference (member_expression property: (property_identifier) @reference)])
(decorator [(identifier) @reference (member_expression property: (property_identifier) @reference)])

(import_statement source: (string) @module) @import
(export_statement source: (string) @module) @import
(call_expression function: (identifier) @_require arguments: (arguments . (string) @module .) (#is? "_require" "require")) @import
(call_expression function: (import) arguments: (arguments . (string) @module)) @import

(jsx_opening_element name: [(identifier) @reference (member_expression property: (property_identifier) @reference)])
(jsx_self_closing_element name: [(identifier) @reference (member_expression property: (property_identifier) @reference)])
