case $- in *i*) ;; *) return ;; esac
PS1='\u@\h:\w\$ '
shopt -s checkwinsize
alias ll='ls -l'
