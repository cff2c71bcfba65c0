; Headings have no end of their own: @heading.<level> reaches to the next heading that is no lower.
((element (start_tag (tag_name) @_h) . [(text) @name (element (text) @name)]) @heading.1 (#any-of? @_h "h1" "H1"))
((element (start_tag (tag_name) @_h) . [(text) @name (element (text) @name)]) @heading.2 (#any-of? @_h "h2" "H2"))
((element (start_tag (tag_name) @_h) . [(text) @name (element (text) @name)]) @heading.3 (#any-of? @_h "h3" "H3"))
((element (start_tag (tag_name) @_h) . [(text) @name (element (text) @name)]) @heading.4 (#any-of? @_h "h4" "H4"))
(script_element) @block
(style_element) @block

((script_element (start_tag (attribute (attribute_name) @_src (quoted_attribute_value (attribute_value) @module)))) @import (#eq? @_src "src"))
((element (start_tag (tag_name) @_link (attribute (attribute_name) @_href (quoted_attribute_value (attribute_value) @module)))) @import (#eq? @_link "link") (#eq? @_href "href"))
