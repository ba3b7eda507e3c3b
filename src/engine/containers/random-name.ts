import { randomInt } from 'node:crypto';

const qualities =
  'able airy alert ample apt bold brave brisk calm candid clear clever cosy crisp daring deft eager early easy fair fleet fond frank fresh gentle glad golden grand handy happy hardy honest jolly keen kind lively loyal lucid mellow merry mighty modest neat nimble noble patient placid plucky polite prime proud quick quiet rapid ready robust rosy serene sharp silent sleek smart snug sober solid spry stable steady still sunny swift tidy tranquil trusty vivid warm wise witty zesty'.split(
    ' ',
  );
const things =
  'acorn alder amber anchor aspen badger beacon birch bison breeze brook canyon cedar cliff cloud comet coral crane creek crow dune eagle ember falcon fern finch fjord flint forest fox gale glacier grove gull harbor hare hazel heron hill island ivy jay kestrel lagoon lake lantern larch lark linden lynx maple marsh meadow mesa moss oak ocean orchid osprey otter owl pebble pine plover pond poplar prairie quartz quill raven reef ridge river robin rowan sage seal shore sparrow spruce stone stork summit swan thistle thrush tide trout valley walnut willow wren yarrow'.split(
    ' ',
  );

/** A name for a container that was given none, such as `brisk_heron`; later attempts have a digit. */
export function randomName(attempt: number): string {
  const name = `${qualities[randomInt(qualities.length)]}_${things[randomInt(things.length)]}`;
  return attempt === 0 ? name : `${name}${randomInt(10)}`;
}
