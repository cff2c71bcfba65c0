-- What a model writes. The test has told the model server what to say, in the order of these steps.

local t = dofile(vim.env.HARNESS)

vim.o.cmdheight = 4 -- a message that is longer than its room waits for Enter

local function ask(command)
  vim.cmd(command)
  return vim.api.nvim_get_current_buf()
end

local function back_to_the_file()
  vim.cmd('silent! only')
  vim.cmd('edit app/server.py')
end

t.run({
  {
    'the workspace is indexed',
    function()
      t.wait('the end of the index run', function()
        return t.was_shown('chunks are searchable')
      end)
    end,
  },
  {
    'the words of an answer are shown while the model still writes',
    function()
      local answer = ask('DT6Ask How does `start` listen?')
      t.wait('the first words', function()
        return t.text(answer):find('It keeps', 1, true)
      end)
      t.shot(vim.env.EDITOR .. '-streaming', 'It keeps')
      t.check(not t.text(answer):find('Written by', 1, true), 'the answer was there at once')
      t.keys('<C-c>')
      t.check(t.text(answer):find('*Stopped.*', 1, true), t.text(answer))
      back_to_the_file()
    end,
  },
  {
    'a question about a range of lines, answered with a citation',
    function()
      local answer = ask('7,9DT6Ask What does this do?')
      t.wait('the answer', function()
        return t.text(answer):find('Written by', 1, true)
      end)
      t.check(t.text(answer):find('It keeps the port', 1, true), t.text(answer))
      t.check(t.text(answer):find('- app/server.py:7-9', 1, true), t.text(answer))
      t.shot(vim.env.EDITOR .. '-cited', '# What does this do?')
      back_to_the_file()
    end,
  },
  {
    'the definition under the cursor is explained, and a hover tells that from then on',
    function()
      t.place_cursor('start')
      vim.cmd('DT6Explain')
      t.wait('the explanation', function()
        return t.text():find('# Explain `Server.start`', 1, true) and t.text():find('It keeps the port', 1, true)
      end)
      t.shot(vim.env.EDITOR .. '-explained', '# Explain `Server.start`')
      back_to_the_file()
    end,
  },
  {
    'closing an answer stops it',
    function()
      local answer = ask('DT6Ask Where is `main`?')
      t.wait('the first words', function()
        return t.text(answer):find('It keeps', 1, true)
      end)
      t.keys('q')
      t.check(not vim.api.nvim_buf_is_valid(answer))
    end,
  },
  {
    'DT6Stop stops what is written for the whole window',
    function()
      local answer = ask('DT6Ask Where is `twice`?')
      t.wait('the first words', function()
        return t.text(answer):find('It keeps', 1, true)
      end)
      vim.cmd('DT6Stop')
      back_to_the_file()
    end,
  },
  {
    'another model answers once it was chosen from the list',
    function()
      vim.ui.select = function(names, options, choose)
        t.check(options.prompt == 'Who shall answer?')
        t.check(vim.tbl_contains(names, 'other:latest@ollama'), vim.inspect(names))
        choose('other:latest@ollama')
      end
      vim.cmd('DT6SwitchModel')
      t.wait('the switch', function()
        return t.was_told('other:latest (ollama) answers from now on')
      end)
      local answer = ask('DT6Ask Where is `Server`?')
      t.wait('the answer', function()
        return t.text(answer):find('Written by other:latest (ollama)', 1, true)
      end)
    end,
  },
  {
    'a code action is applied to the buffer, after the user has seen the change and said yes',
    function()
      back_to_the_file()
      t.place_cursor('def main')
      local chosen = {}
      vim.ui.select = function(items, options, choose)
        for index, item in ipairs(items) do
          local title = (options.format_item or tostring)(item)
          if title == 'DT6: document `main`' or title == 'Apply' then
            table.insert(chosen, title)
            return choose(item, index)
          end
        end
        error('neither is among ' .. vim.inspect(items))
      end
      if vim.fn.has('nvim-0.11') == 0 then -- there the question is no select: its first answer is typed ahead
        vim.api.nvim_input('1<CR>')
      end
      vim.lsp.buf.code_action()
      t.wait('the edit', function()
        return t.text():find('    """Starts a server on port 8000."""\n    Server().start(8000)', 1, true)
      end)
      t.check(chosen[1] == 'DT6: document `main`', vim.inspect(chosen))
      t.check(vim.bo.modified, 'the file on the disk is the users to write')
      t.shot(vim.env.EDITOR .. '-code-action', '"""Starts a server on port 8000."""')
    end,
  },
})
