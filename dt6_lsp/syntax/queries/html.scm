; Headings have no end of their own: they reach to the next one that is no lower. The level is the digit of the tag.
((element (start_tag (tag_name) @level) . [(text) @name (element (text) @name)]) @heading.tag (#is? "level" "h1 h2 h3 h4 h5 h6 H1 H2 H3 H4 H5 H6"))
(script_element) @block
(style_element) @block

((script_element (start_tag (attribute (attribute_name) @_src (quoted_attribute_value (attribute_value) @module)))) @import (#is? "_src" "src"))
((element (start_tag (tag_name) @_link (attribute (attribute_name) @_href (quoted_attribute_value (attribute_value) @module)))) @import (#is? "_link" "link") (#is? "_href" "href"))
