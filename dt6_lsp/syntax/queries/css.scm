(rule_set (selectors) @name (block) @body) @definition.rule
(keyframes_statement (keyframes_name) @name (_) @body) @definition.rule
((declaration (property_name) @name) @definition.variable (#is? "name" "--*"))
(media_statement) @block
(at_rule) @block

(comment) @comment

((call_expression (function_name) @_var (arguments (plain_value) @reference)) (#is? "_var" "var"))

(import_statement [(string_value (string_content) @module) (call_expression (arguments (string_value (string_content) @module)))]) @import
