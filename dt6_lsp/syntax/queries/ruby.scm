(module name: (_) @name @end) @definition.module
(class name: (_) @name @end superclass: (_)? @end) @definition.class
(program (method name: (_) @name @end parameters: (_)? @end) @definition.function)
(method name: (_) @name @end parameters: (_)? @end) @definition.method
(singleton_method object: (_) @container name: (_) @name @end parameters: (_)? @end) @definition.method
(assignment left: (constant) @name right: (call receiver: (constant) method: (identifier) block: (_) @body)) @definition.class
(assignment left: (constant) @name) @definition.constant
((call method: (identifier) @_method arguments: (argument_list (simple_symbol) @name)) @definition.property (#is? "_method" "attr_accessor attr_reader attr_writer mattr_accessor cattr_accessor class_attribute"))
((call method: (identifier) @_method arguments: (argument_list . (simple_symbol) @name) block: (_) @body) @definition.method (#is? "_method" "define_method define_singleton_method"))
((call method: (identifier) @_method arguments: (argument_list . (simple_symbol) @name . (_))) @definition.method (#is? "_method" "alias_method scope"))
((call !receiver method: (identifier) @_method arguments: (argument_list . [(string (string_content) @name) (constant) @name (scope_resolution) @name]) block: (_) @body) @definition.test (#is? "_method" "describe context it test specify feature scenario"))
((call receiver: (constant) @_rspec method: (identifier) @_method arguments: (argument_list . [(string (string_content) @name) (constant) @name (scope_resolution) @name]) block: (_) @body) @definition.test (#is? "_rspec" "RSpec"))
((call !receiver method: (identifier) @_method arguments: (argument_list . [(simple_symbol) (hash_key_symbol) (pair key: (_))] @name) block: (_) @body) @definition.test (#is? "_method" "task namespace"))

(comment) @comment

((call !receiver method: (identifier) @_require arguments: (argument_list . (string (string_content) @module) .)) @import (#is? "_require" "require require_relative load autoload"))

(call method: [(identifier) (constant)] @reference)
(superclass [(constant) @reference (scope_resolution name: (constant) @reference)])
(call receiver: [(constant) @reference (scope_resolution name: (constant) @reference)])
((call method: (identifier) @_include arguments: (argument_list [(constant) @reference (scope_resolution name: (constant) @reference)])) (#is? "_include" "include extend prepend raise"))
