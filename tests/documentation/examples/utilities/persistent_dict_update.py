for k in E: D[k] = E[k]
for (k, v) in E: D[k] = v
for k, v in F.items(): D[k] = v
