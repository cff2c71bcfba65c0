(document (object (pair key: (string) @name) @definition.key))
(document (object (pair value: (object (pair key: (string) @name) @definition.key))))
(document (array (object) @block))
(document (object (pair value: (array (object) @block))))
