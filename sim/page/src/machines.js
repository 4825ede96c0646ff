// machines.json: the resolved machine of each row, kept as differences from a base: {"bases": [config], "machines":
// {hash: {"base": index, "patch": [RFC 6902 add, remove, replace]}}}.
const words = (pointer) => pointer.split('/').slice(1).map((word) => word.replace(/~1/g, '/').replace(/~0/g, '~'));

export function applyDifferences(machines, hash) {
  const machine = machines?.machines?.[hash];
  if (!machine) return null;
  const config = structuredClone(machines.bases[machine.base]);
  for (const change of machine.patch) {
    const path = words(change.path);
    const key = path.pop();
    const parent = path.reduce((value, word) => value[word], config);
    if (change.op === 'remove') Array.isArray(parent) ? parent.splice(Number(key), 1) : delete parent[key];
    else if (change.op === 'add' && Array.isArray(parent)) parent.splice(key === '-' ? parent.length : Number(key), 0, change.value);
    else parent[key] = change.value;
  }
  return config;
}
