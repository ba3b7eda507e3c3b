/**
 * Bash cuts the line also at `=` and `:`; the pieces are put together again, and what stands before the last cut is taken off
 * the answers. Works with the bash 3.2 of macOS.
 */
export const bash = `# bash completion of PROGRAM. Load it with:  source <(PROGRAM completion bash)
FUNCTION() {
  local program=\${COMP_WORDS[0]} rest=$COMP_LINE word line prefix current last i
  local -a words
  words=()
  command -v -- "$program" >/dev/null 2>&1 || program=PROGRAM
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if ((i > 0)) && [[ -n $word && $rest == "$word"* ]]; then
      words[\${#words[@]} - 1]+=$word
    else
      words+=("$word")
    fi
    rest=\${rest#*"$word"}
  done
  last=$((\${#words[@]} - 1))
  prefix=\${words[last]%"\${COMP_WORDS[COMP_CWORD]}"}
  [[ -z $2 ]] && prefix=\${words[last]}
  current=$prefix$2
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :file) compopt -o default 2>/dev/null ;;
      :directory) compopt -o dirnames 2>/dev/null ;;
      "$prefix"*)
        line=\${line%%$'\\t'*}
        [[ $line == *= ]] && compopt -o nospace 2>/dev/null
        COMPREPLY+=("\${line#"$prefix"}")
        ;;
    esac
  done < <("$program" completion "--current=$current" "\${words[@]:1:last - 1}" 2>/dev/null)
}
complete -F FUNCTION PROGRAM
`;
