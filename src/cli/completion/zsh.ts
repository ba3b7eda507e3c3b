/** Works from a folder of `fpath` as well as sourced. */
export const zsh = `#compdef PROGRAM
# zsh completion of PROGRAM. Load it with:  source <(PROGRAM completion zsh)
# or, after that folder is in fpath and before compinit:  PROGRAM completion zsh > "\${fpath[1]}/_PROGRAM"
FUNCTION() {
  local program=\${(Q)words[1]} tab=$'\\t' line value
  local -a values
  (( $+commands[$program] )) || [[ -x $program ]] || program=PROGRAM
  while IFS= read -r line; do
    case $line in
      :file) _files; return ;;
      :directory) _files -/; return ;;
      *)
        value=\${line%%$tab*}
        values+=("\${value//:/\\\\:}:\${line#*$tab}")
        ;;
    esac
  done < <("$program" completion "--current=\${(Q)PREFIX}" "\${(@Q)words[2,CURRENT-1]}" 2>/dev/null)
  _describe -t values PROGRAM values
}
if [[ $funcstack[1] == _PROGRAM ]]; then
  FUNCTION "$@"
else
  compdef FUNCTION PROGRAM
fi
`;
