L.info("Hello world!", struct_data={'key1':'value1', 'key2':2})
