(namespace_declaration name: (_) @name body: (_) @body) @definition.namespace
(class_declaration name: (identifier) @name body: (_) @body) @definition.class
(class_declaration name: (identifier) @name) @definition.class
(struct_declaration name: (identifier) @name body: (_)? @body) @definition.struct
(record_declaration name: (identifier) @name body: (_)? @body) @definition.class
(interface_declaration name: (identifier) @name body: (_)? @body) @definition.interface
(enum_declaration name: (identifier) @name body: (_)? @body) @definition.enum
(enum_member_declaration name: (identifier) @name) @definition.constant
(delegate_declaration name: (identifier) @name) @definition.type
(constructor_declaration name: (identifier) @name body: (_)? @body) @definition.constructor
(method_declaration name: (identifier) @name body: (_)? @body) @definition.method
(local_function_statement name: (identifier) @name body: (_)? @body) @definition.function
(property_declaration name: (identifier) @name accessors: (_) @body) @definition.property
(property_declaration name: (identifier) @name) @definition.property
(field_declaration (variable_declaration (variable_declarator name: (identifier) @name))) @definition.field
(event_field_declaration (variable_declaration (variable_declarator name: (identifier) @name))) @definition.field
(event_declaration name: (identifier) @name) @definition.field

(comment) @comment
(attribute_list) @prefix

(invocation_expression function: [
  (identifier) @reference
  (generic_name (identifier) @reference)
  (member_access_expression name: [(identifier) @reference (generic_name (identifier) @reference)])
  (conditional_access_expression (member_binding_expression name: [(identifier) @reference (generic_name (identifier) @reference)]))
])
(_ type: [(identifier) @reference (generic_name (identifier) @reference) (nullable_type (identifier) @reference) (array_type (identifier) @reference) (qualified_name name: (identifier) @reference)])
(_ returns: [(identifier) @reference (generic_name (identifier) @reference) (nullable_type (identifier) @reference) (array_type (identifier) @reference)])
(base_list [(identifier) @reference (generic_name (identifier) @reference) (qualified_name name: (identifier) @reference)])
(type_argument_list (identifier) @reference)
(attribute name: (identifier) @reference)

(using_directive [(identifier) (qualified_name)] @module .) @import
