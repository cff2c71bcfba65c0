-- The server is not there: that is said, once and with the mend, and nothing else goes wrong.

local t = dofile(vim.env.HARNESS)

local function tellings()
  local _, count = vim.fn.execute('messages'):gsub('`no%-such%-dt6` is not on the PATH', '')
  return count
end

t.run({
  {
    'that there is no server is told once, and where the mend is',
    function()
      t.wait('the message', function()
        return tellings() > 0
      end)
      t.shot(vim.env.EDITOR .. '-not-installed', 'DT6: `no-such-dt6` is not on the PATH.')
      vim.cmd('edit app/faces.py')
      vim.cmd('DT6Ask Is anybody there?')
      t.check(#require('dt6.client').all() == 0)
      t.check(t.text():find('smiling', 1, true), 'no window was opened for an answer that will not come')
      vim.wait(0)
      t.check(tellings() == 1, vim.fn.execute('messages'))
      vim.cmd('help dt6-install')
      t.check(t.text():find('uv tool install', 1, true))
    end,
  },
})
