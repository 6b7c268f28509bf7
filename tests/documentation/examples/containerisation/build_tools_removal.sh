$ apk del .buildenv
