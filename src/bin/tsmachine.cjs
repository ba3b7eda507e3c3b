#!/usr/bin/env node
// Runs the command line. Written in old syntax on purpose: an old Node must be able to say what is missing, or better, hand
// over to the Node binary that came with the package.
// biome-ignore-all lint: see above
'use strict';

var REQUIRED = [22, 15];

function isRecentEnough(version) {
  var parts = version.split('.');
  var major = Number(parts[0]);
  return major > REQUIRED[0] || (major === REQUIRED[0] && Number(parts[1]) >= REQUIRED[1]);
}

// npm installs the binary that fits the platform as an optional dependency.
function bundledNode() {
  var platform = process.platform === 'win32' ? 'win' : process.platform;
  var binary = process.platform === 'win32' ? '/bin/node.exe' : '/bin/node';
  try {
    return require.resolve('node-' + platform + '-' + process.arch + binary);
  } catch (error) {
    return undefined;
  }
}

// Node's own choice lies under /tmp, where another user could put code of his before us.
function cacheFolder() {
  var path = require('path');
  var home = require('os').homedir();
  if (process.platform === 'win32') return path.join(process.env.LOCALAPPDATA || home, 'tsmachine', 'compile-cache');
  if (process.platform === 'darwin') return path.join(home, 'Library', 'Caches', 'tsmachine', 'compile-cache');
  return path.join(process.env.XDG_CACHE_HOME || path.join(home, '.cache'), 'tsmachine', 'compile-cache');
}

function cacheCompiledCode() {
  try {
    if (!process.env.NODE_COMPILE_CACHE) require('module').enableCompileCache(cacheFolder());
  } catch (error) {
    // a user without a home folder: compile each time
  }
}

function handOver(node) {
  // The script as we were given it, so that hints name what the user called.
  var child = require('child_process').spawn(node, process.argv.slice(1), { stdio: 'inherit' });
  ['SIGINT', 'SIGTERM', 'SIGHUP'].forEach(function (signal) {
    process.on(signal, function () {
      // A terminal's Ctrl-C has reached the child already.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  });
  child.on('exit', function (code, signal) {
    process.exitCode = signal ? 128 + (require('os').constants.signals[signal] || 0) : code;
  });
}

var node = isRecentEnough(process.versions.node) ? undefined : bundledNode();
if (isRecentEnough(process.versions.node)) {
  cacheCompiledCode();
  require('../cli/main.cjs');
} else if (node) {
  handOver(node);
} else {
  console.error(
    'tsmachine needs Node ' +
      REQUIRED.join('.') +
      ' or newer and found ' +
      process.versions.node +
      '. Install a newer one, or install tsmachine with optional dependencies, which bring one.',
  );
  process.exitCode = 1;
}
