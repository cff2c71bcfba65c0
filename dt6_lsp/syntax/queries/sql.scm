(create_table (object_reference) @name (column_definitions) @body) @definition.table
(create_table (object_reference) @name) @definition.table
(create_view (object_reference) @name) @definition.table
(create_materialized_view (object_reference) @name) @definition.table
(create_function (object_reference) @name (function_body) @body) @definition.function
(create_function (object_reference) @name) @definition.function
(create_procedure (object_reference) @name (procedure_body) @body) @definition.function
(create_procedure (object_reference) @name) @definition.function
(create_trigger (keyword_trigger) . (object_reference) @name) @definition.function
(create_type (object_reference) @name) @definition.type
(create_schema (identifier) @name) @definition.namespace
(create_table (column_definitions (column_definition name: (identifier) @name) @definition.field))

(comment) @comment
(marginalia) @comment

(relation (object_reference name: (identifier) @reference))
(invocation (object_reference name: (identifier) @reference))
(alter_table (object_reference name: (identifier) @reference))
(insert (object_reference name: (identifier) @reference))
(update (relation (object_reference name: (identifier) @reference)))
(column_definition (object_reference name: (identifier) @reference))
(create_index (object_reference name: (identifier) @reference))
