#!/usr/bin/env node
// Runs the command line. Written in old syntax on purpose: an old Node must be able to say what is missing, or better, hand
// over to the Node binary that came with the package.
// biome-ignore-all lint: see above
'use strict';

var fs = require('fs');
var path = require('path');
var vm = require('vm');

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
  var home = require('os').homedir();
  if (process.platform === 'win32') return path.join(process.env.LOCALAPPDATA || home, 'tsmachine', 'compile-cache');
  if (process.platform === 'darwin') return path.join(home, 'Library', 'Caches', 'tsmachine', 'compile-cache');
  return path.join(process.env.XDG_CACHE_HOME || path.join(home, '.cache'), 'tsmachine', 'compile-cache');
}

// V8 compiles a function when it is first called. Node's compile cache is made before that, so with it each start would compile
// hundreds of functions again (5 to 10 ms). This one is made at the end of a run, for each command that scripts call often.
var OFTEN = 'active completion config create env inspect ip ls rm scp ssh start status stop url'.split(' ');
var IDENTITY = 24; // each file of the bundle begins with a comment of so many characters

function compiler() {
  var word = process.argv.slice(2).filter(function (given) {
    return OFTEN.indexOf(given) >= 0;
  })[0];
  var folder;
  try {
    folder = path.join(cacheFolder(), process.version + '-' + process.arch, word || 'other');
  } catch (error) {
    // a user without a home folder: compile each time
  }
  var fresh = [];
  process.on('exit', function (code) {
    if (code === 0) fresh.forEach(keep);
  });
  return function (file) {
    var source = fs.readFileSync(file, 'utf8');
    var identity = source.slice(0, IDENTITY);
    var place = folder && path.join(folder, path.basename(file));
    var kept = place && compiledBefore(place, identity);
    var script = new vm.Script('(function (exports, require, module, __filename, __dirname) { ' + source + '\n})', {
      filename: file,
      cachedData: kept,
      importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
    // Now and then anew: the first run may have been a short one.
    if (place && (!kept || script.cachedDataRejected || Math.random() < 0.03))
      fresh.push({ place: place, identity: identity, script: script });
    return script.runInThisContext();
  };
}

// Compiled code is as good as a program: nobody else's is taken.
function compiledBefore(place, identity) {
  var file;
  try {
    file = fs.openSync(place, 'r');
    if (process.geteuid && fs.fstatSync(file).uid !== process.geteuid()) return undefined;
    var bytes = fs.readFileSync(file);
    return bytes.latin1Slice(bytes.length - IDENTITY) === identity ? bytes.subarray(0, -IDENTITY) : undefined;
  } catch (error) {
    return undefined;
  } finally {
    if (file !== undefined) fs.closeSync(file);
  }
}

// Node's own recursive mkdir never ends below /proc, where some users have their home folder.
function makeFolder(folder) {
  if (fs.existsSync(folder) || folder === path.dirname(folder)) return;
  makeFolder(path.dirname(folder));
  fs.mkdirSync(folder, { mode: 448 });
}

function keep(made) {
  var temporary = made.place + '.' + process.pid;
  try {
    makeFolder(path.dirname(made.place));
    var bytes = Buffer.concat([made.script.createCachedData(), Buffer.from(made.identity, 'latin1')]);
    fs.writeFileSync(temporary, bytes, { flag: 'wx', mode: 384, flush: true });
    fs.renameSync(temporary, made.place);
  } catch (error) {
    discard(temporary); // a full disk, a folder that cannot be written
  }
}

function discard(file) {
  try {
    fs.unlinkSync(file);
  } catch (error) {
    // it was never made
  }
}

// The bundle's files load each other by relative names; everything else is Node's.
function run(main) {
  var compiled = compiler();
  var loaded = {};
  function load(file) {
    if (loaded[file]) return loaded[file].exports;
    var module = { exports: {} };
    loaded[file] = module;
    var folder = path.dirname(file);
    var requireFrom = function (id) {
      return id.charAt(0) === '.' ? load(path.join(folder, id)) : require(id);
    };
    requireFrom.resolve = require.resolve;
    requireFrom.main = require.main;
    compiled(file).call(module.exports, module.exports, requireFrom, module, file, folder);
    return module.exports;
  }
  load(main);
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
  run(path.join(__dirname, '../cli/main.cjs'));
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
