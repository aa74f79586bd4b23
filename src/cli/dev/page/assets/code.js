// A request as code to paste: curl, JavaScript and Python.

/** The request in a language: `curl`, `fetch` or `python`. */
export function code(request, language) {
  return { curl, fetch: javascript, python }[language](request);
}

function curl({ method, url, headers, json, text, file, piece, saveAs }) {
  const body = json ? JSON.stringify(json) : text;
  const words = ["curl -sS"];
  if (piece) words[0] = `tail -c +${piece.from + 1} ${shell(file)} | head -c ${piece.length} | curl -sS -X ${method} --data-binary @-`;
  else if (file) words[0] += ` -T ${shell(file)}`;
  else if (method !== "GET" && !(method === "POST" && body)) words[0] += ` -X ${method}`;
  if (saveAs) words[0] += ` -o ${shell(saveAs)}`;
  words[0] += ` ${shell(url)}`;
  // A header without a value is written with a semicolon, or curl drops it.
  for (const [name, value] of Object.entries(headers)) words.push(`-H ${shell(value === "" ? `${name};` : `${name}: ${value}`)}`);
  if (body) words.push(`-d ${shell(body)}`);
  return words.join(" \\\n  ");
}

function javascript({ method, url, headers, json, text, file, piece, saveAs }) {
  const lines = [];
  if (file) lines.push(`const file = document.querySelector("input[type=file]").files[0]; // ${JSON.stringify(file)}`);
  lines.push(`const response = await fetch(${JSON.stringify(url)}, {`, `  method: ${JSON.stringify(method)},`);
  if (Object.keys(headers).length) lines.push(`  headers: ${indented(JSON.stringify(headers, null, 2))},`);
  if (json) lines.push(`  body: JSON.stringify(${indented(JSON.stringify(json, null, 2))}),`);
  if (text) lines.push(`  body: ${JSON.stringify(text)},`);
  if (file) lines.push(piece ? `  body: file.slice(${piece.from}, ${piece.from + piece.length}),` : "  body: file,");
  lines.push("});", saveAs ? "const blob = await response.blob();" : "console.log(response.status, await response.text());");
  return lines.join("\n");
}

function python({ method, url, headers, json, text, file, piece, saveAs }) {
  const lines = [json ? "import json\nimport urllib.request\n" : "import urllib.request\n"];
  if (file) lines.push(`file = open(${JSON.stringify(file)}, "rb")`);
  if (piece) lines.push(`file.seek(${piece.from})`);
  lines.push("request = urllib.request.Request(", `    ${JSON.stringify(url)},`, `    method=${JSON.stringify(method)},`);
  if (Object.keys(headers).length) lines.push(`    headers=${pythonic(headers)},`);
  if (json) lines.push(`    data=json.dumps(${pythonic(json)}).encode(),`);
  if (text) lines.push(`    data=${JSON.stringify(text)}.encode(),`);
  if (file) lines.push(`    data=file.read(${piece ? piece.length : ""}),`);
  lines.push(")", "with urllib.request.urlopen(request) as response:");
  lines.push(saveAs ? `    open(${JSON.stringify(saveAs)}, "wb").write(response.read())` : "    print(response.status, response.read().decode())");
  return lines.join("\n");
}

/** A word as a POSIX shell takes it literally. */
function shell(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function indented(text) {
  return text.replaceAll("\n", "\n  ");
}

/** A JSON value as Python writes it. */
function pythonic(value) {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map(pythonic).join(", ")}]`;
  if (typeof value !== "object") return JSON.stringify(value);
  return `{${Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${pythonic(one)}`).join(", ")}}`;
}
