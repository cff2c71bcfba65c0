(class_declaration name: (identifier) @name body: (_) @body) @definition.class
(interface_declaration name: (identifier) @name body: (_) @body) @definition.interface
(enum_declaration name: (identifier) @name body: (_) @body) @definition.enum
(record_declaration name: (identifier) @name body: (_) @body) @definition.class
(annotation_type_declaration name: (identifier) @name body: (_) @body) @definition.interface
(enum_constant name: (identifier) @name) @definition.constant
(constructor_declaration name: (identifier) @name body: (_) @body) @definition.constructor
(compact_constructor_declaration name: (identifier) @name body: (_) @body) @definition.constructor
(method_declaration name: (identifier) @name body: (_)? @body) @definition.method
(annotation_type_element_declaration name: (identifier) @name) @definition.method
(field_declaration declarator: (variable_declarator name: (identifier) @name)) @definition.field
(constant_declaration declarator: (variable_declarator name: (identifier) @name)) @definition.constant

(line_comment) @comment
(block_comment) @comment
(marker_annotation) @prefix
(annotation) @prefix

(method_invocation name: (identifier) @reference)
(marker_annotation name: (identifier) @reference)
(annotation name: (identifier) @reference)
(method_reference (identifier) @reference .)
([
  (method_invocation object: (identifier) @reference)
  (field_access object: (identifier) @reference)
  (method_reference . (identifier) @reference)
] (#is? "reference" "A* B* C* D* E* F* G* H* I* J* K* L* M* N* O* P* Q* R* S* T* U* V* W* X* Y* Z*"))
(type_identifier) @reference

(import_declaration [(scoped_identifier) (identifier)] @module) @import
(import_declaration [(scoped_identifier) (identifier)] @module (asterisk) @names) @import
