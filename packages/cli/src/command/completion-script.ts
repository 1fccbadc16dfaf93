export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** The hidden first word by which the shell asks `canfar` for proposals; see `propose.ts`. */
export const PROPOSE = "__complete";

const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `_canfar() {
  local IFS=$'\\n'
  COMPREPLY=($(canfar ${PROPOSE} "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1))
}
complete -o default -F _canfar canfar
`,
  zsh: `_canfar() {
  local -a proposals
  local line
  for line in "\${(@f)$(canfar ${PROPOSE} "\${words[@]:1:CURRENT-1}" 2>/dev/null)}"; do
    [[ -n "$line" ]] && proposals+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  if (( \${#proposals} )); then _describe 'canfar' proposals; else _files; fi
}
compdef _canfar canfar
`,
  fish: `function __canfar_complete
  set -l words (commandline -opc) (commandline -ct)
  canfar ${PROPOSE} $words[2..-1] 2>/dev/null
end
complete -c canfar -a '(__canfar_complete)'
`,
};

/** The commands themselves are not in the script: it asks `canfar`, so it never gets old. */
export function completionScript(shell: Shell): string {
  return SCRIPTS[shell];
}
