-- Neovim 0.11 or later, with yaml-language-server on the PATH and `vim.o.exrc = true` in its
-- configuration: completes, documents and checks the files of discoveries with their schema, which
-- is stored beside them:
--
--   trueup schema desired-state > desired-state.schema.json
local root = vim.fs.root(vim.fn.getcwd(), ".nvim.lua")
vim.lsp.config("yamlls", {
  cmd = { "yaml-language-server", "--stdio" },
  filetypes = { "yaml" },
  root_dir = root,
  settings = {
    yaml = {
      schemas = {
        [vim.uri_from_fname(root .. "/desired-state.schema.json")] = {
          "discoveries/**/*.yaml",
          "discoveries/**/*.yml",
          "policy.yaml",
        },
      },
    },
  },
})
vim.lsp.enable("yamlls")
