-- For `vim.lsp.config` and `vim.lsp.enable` of Neovim 0.11 and newer.
return require('dt6.config').base()
