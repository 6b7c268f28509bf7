v1, v2, v3 = pdict.load('k1', 'k2', 'k3')
